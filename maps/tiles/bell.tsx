<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.10" tiledversion="1.10.2" name="bell" tilewidth="32" tileheight="32" tilecount="9" columns="9">
 <image source="bell.png" width="288" height="32"/>
 <tile id="0" type="Bell">
 </tile>
 <tile id="1" type="Bell">
  <properties>
   <property name="look" value="Ring"/>
  </properties>
  <animation>
   <frame tileid="1" duration="100"/>
   <frame tileid="2" duration="100"/>
   <frame tileid="3" duration="100"/>
   <frame tileid="4" duration="100"/>
   <frame tileid="5" duration="100"/>
   <frame tileid="6" duration="100"/>
   <frame tileid="7" duration="100"/>
   <frame tileid="8" duration="100"/>
  </animation>
 </tile>
</tileset>
