<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="plates" tilewidth="48" tileheight="16" tilecount="2" columns="2">
 <image source="plates.png" width="96" height="16"/>
 <tile id="0" type="Plate">
  <properties>
   <property name="floor" type="bool" value="true"/>
  </properties>
 </tile>
 <tile id="1" type="Plate">
  <properties>
   <property name="floor" type="bool" value="true"/>
   <property name="look" value="down"/>
  </properties>
 </tile>
</tileset>
